"""The field around the Realtime API, its models over time, and prices as they stand in print."""
