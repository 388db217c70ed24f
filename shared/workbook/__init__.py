"""Workbooks: reading a teacher's roster, writing templates, exports and returned workbooks.

    roster.py      what a read workbook is: Roster, its rows, their errors, and the refusal of a whole file
    reading.py     read_roster: the only door for a file from outside; parses in a process of its own
    worker.py      that process
    template.py    the empty roster a school downloads
    export.py      a table of any size as a workbook
    returned.py    the teacher's own workbook, reduced to its rejected rows (written by returning/)

Nothing here knows a database or HTTP.
"""
