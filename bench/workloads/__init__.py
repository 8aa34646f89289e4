"""Public workloads in the lab, under every protection that runs: the figures of docs/scoreboard.md."""
