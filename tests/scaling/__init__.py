"""The scaler: figures, controller, actuators, on real servers."""
