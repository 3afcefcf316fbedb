"""The end of a tenant's data: by age, night by night, and of one person, when asked to.

Rows go in batches of one short transaction each; a file's path is noted in the transaction that
takes its row, and the file goes after the commit. Whatever stops in between goes on where it was.
"""
