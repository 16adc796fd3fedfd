"""Load tests: open-loop scenarios, their verdicts and their reports. Fires at this machine, or at a host its owner names."""
