"""Apache Spark as the engine of a build: the session, the table interface over it, and a local standalone cluster.

pyspark is an extra (`pip install onefunnel[spark]`), so it is imported where it is used and nothing here needs it to be there.
"""
