"""Writing the returned workbook, in the process that `shared.workbook.returned` starts.

worker.py      that process: reads the teacher's file again, decides what stays, writes
plan.py        which rows and columns go where
package.py     an .xlsx written again, part by part
sheet.py       one of its sheets
ranges.py      references (A2:A100, formulas of checks) moved along
styles.py      its styles, with those of the reasons added
strings.py     its shared texts, only those still used
plain.py       a plain .xlsx for what was no .xlsx
"""
