"""What the server counts about itself, in the Prometheus text form at `/metrics`."""

import threading
from collections import Counter

BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
KINDS = (("/api/", "api"), ("/_dash-update-component", "callback"), ("/_dash", "dash"), ("/assets/", "asset"))


class Meter:
    """Requests by kind and status, and how long they took."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests: Counter[tuple[str, int]] = Counter()
        self.within: Counter[tuple[str, float]] = Counter()
        self.seconds: Counter[str] = Counter()

    def count(self, path: str, status: int, seconds: float) -> None:
        """Keep one answer; `seconds` until its first byte."""
        kind = next((kind for prefix, kind in KINDS if path.startswith(prefix)), "page")
        with self.lock:
            self.requests[kind, status] += 1
            self.seconds[kind] += seconds  # type: ignore[assignment]
            for bucket in BUCKETS:
                self.within[kind, bucket] += seconds <= bucket

    def text(self, gauges: dict[str, tuple[str, dict[str, float]]]) -> str:
        """All counts, then the gauges given: name -> (help, value by label text such as `task="air_daily"`)."""
        with self.lock:
            requests, within, seconds = self.requests.copy(), self.within.copy(), self.seconds.copy()
        lines = ["# HELP workbench_requests_total Requests answered.", "# TYPE workbench_requests_total counter"]
        lines += [f'workbench_requests_total{{kind="{k}",status="{s}"}} {n}' for (k, s), n in sorted(requests.items())]
        name = "workbench_request_seconds"
        lines += [f"# HELP {name} Time to the first byte.", f"# TYPE {name} histogram"]
        for kind, total in sorted(seconds.items()):
            count = sum(n for (k, _), n in requests.items() if k == kind)
            lines += [f'{name}_bucket{{kind="{kind}",le="{b}"}} {within[kind, b]}' for b in BUCKETS]
            lines += [f'{name}_bucket{{kind="{kind}",le="+Inf"}} {count}']
            lines += [f'{name}_sum{{kind="{kind}"}} {total:.6f}', f'{name}_count{{kind="{kind}"}} {count}']
        for name, (text, values) in gauges.items():
            lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
            lines += [
                f"{name}{{{label}}} {value:g}" if label else f"{name} {value:g}" for label, value in values.items()
            ]
        return "\n".join(lines) + "\n"


METER = Meter()
