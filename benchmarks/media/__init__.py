"""The processes of the SFU's benchmark: a publisher, its receivers, and the servers that are compared."""
