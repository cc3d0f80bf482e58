"""``make faults``: every long round, one line each.

A module of this package takes part by a list ``ROUNDS`` of (fault, what is done, arguments of ``python``). A round passes
when the command ends with 0; of one that does not, the output is shown.
"""

import importlib
import pkgutil
import subprocess
import sys
import time

import tests.faults as package


def rounds() -> list[tuple[str, str, list[str]]]:
    """Every round of every module, in the order of the modules' names."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_"))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return [one for module in modules for one in getattr(module, "ROUNDS", [])]


def main(wanted: list[str]) -> int:
    """Run all rounds, or those whose fault is named; 1 when one failed."""
    failed = 0
    for fault, done, arguments in rounds():
        if wanted and fault not in wanted:
            continue
        started = time.monotonic()
        command = [sys.executable, "-W", "ignore", *arguments]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        passed = result.returncode == 0
        failed += not passed
        verdict = "passed" if passed else "FAILED"
        sys.stdout.write(f"{verdict}  {fault:<4} {done}  ({time.monotonic() - started:.0f} s)\n")
        if not passed:
            sys.stdout.write(result.stdout)
        sys.stdout.flush()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
