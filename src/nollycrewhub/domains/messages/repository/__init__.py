"""The only SQL of messages: reading here, writing in `writing`, reports in `reporting`."""
