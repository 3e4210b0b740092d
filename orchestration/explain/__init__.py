"""A figure opened: a deal, a lead, a person or a number of a report, down to the touch, its credit and the raw record.

`command` takes the words of the command line; `deals` opens a subject by queries over published marts, `raw` finds the records
in the lake; `explanation` is what all of them return, and `wording`, `text` and `document` say it as a page, text or JSON.
"""
