"""The HTTP edge: who is calling, refusals as problem+json, safe retries, and the duties of every answer."""
