"""Sample people and jobs."""
async def run(*a, **k): return False
