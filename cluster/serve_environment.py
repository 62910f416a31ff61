"""What Ray Serve reads from the environment on import: set for the driver and all of Ray before they start."""

ENVIRONMENT = {
    "RAY_worker_niceness": "0",  # Ray would run replicas at 15: whatever else runs on the node would go first
    "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
    "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "0.5",  # bounds how long a sleeping model sleeps on
}
