"""nollycrewhub: see README.md and MAP.md."""

import os
import sys

if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
    # Valkey's client reads in OpenTelemetry wherever it is installed, a hundred modules that nobody uses; where traces are off
    # it finds none. platform/tracing takes this back when it is told otherwise.
    sys.modules.setdefault("opentelemetry", None)  # type: ignore[arg-type]
