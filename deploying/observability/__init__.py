"""Prometheus' rules with their cases, and Grafana's dashboards, made from the names that the program registers."""
