"""The tables of the border: imports and exports."""

from .exporting import ExportJob
from .importing import ImportBatch, ImportChunk, ImportMapping

__all__ = ["ExportJob", "ImportBatch", "ImportChunk", "ImportMapping"]
