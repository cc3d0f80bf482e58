"""Import of customers from a file, in the order in which a file goes through:

    uploads      the file arrives, is sealed on disk, and is opened for the parser
    inspecting   what is in it: sheets, headings, first rows
    guessing     which heading means which field
    settings     what the user decides: sheet, mapping, mode
    staging      rows into packed chunks
    planning     rows into edits: columns, matching with customers that exist
    judging      duplicates in the file and against the set, and what the chosen policy makes of them
    checking     the dry run over all chunks
    writing      the chunks into the set, resumable
    finishing    the end: done, cancelled, failed; comparing file and database
    findings, reporting, errorfile   what is told of it afterwards
    template     the empty sheet to begin with
    runs         who works on a batch, and telling how far it is

Pages stand in ``views`` and ``forms``, the command in ``imports.management``.
"""
