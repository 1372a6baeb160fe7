"""Many books at once: a folder or a list of documents comes in, a shelf of audiobooks and a Report goes out.

    job = read_job(folder, ...)         # job.py: which books, with which settings, where to
    report = build_library(job, ...)    # running.py: plan all, build what changed, go on past what is broken

Work is shared out on this machine, or by Dask on many (`cluster.py`); what is published to a shared place goes there by
way of a folder here (`outbox.py`). Nothing in here decides how a book is made: that is `pipeline` and what is below it.
"""
