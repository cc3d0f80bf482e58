"""Making, training and measuring the matcher of duplicates: files of labelled records, our own dirt, the model, the figures."""
