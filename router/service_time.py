"""How long an answer takes, by how many calls each replica has: latency ≈ a + b · x, from the answers so far.

One line covers a model that answers one by one (a = 0, b = the time of one) and one whose batches cost the same full or
empty (b = 0), and the router need not know which it is. Least squares with exponential forgetting: the running means,
variance and covariance of (x, latency); see Finch (2009), "Incremental calculation of weighted mean and variance". b is
never negative, and what was seen at one x alone is put down to a: the first burst is let in, and teaches.
"""

from __future__ import annotations

import msgspec

# Added to the variance of x, in (calls per replica)²: what differs by less than a call in four tells nothing of b.
_RIDGE = 0.05


class ServiceTime(msgspec.Struct, frozen=True):
    """What is known after some answers; x in calls per replica, latencies in seconds."""

    mean_x: float
    mean_s: float
    variance: float = 0.0
    covariance: float = 0.0

    def expect(self, x: float) -> float:
        """The latency of a call that makes it x calls per replica."""
        slope = max(0.0, self.covariance / (self.variance + _RIDGE))
        return max(0.0, self.mean_s + slope * (x - self.mean_x))

    def after(self, x: float, latency_s: float, weight: float) -> ServiceTime:
        """With one more answer, which counts `weight`, in (0, 1)."""
        dx, ds = x - self.mean_x, latency_s - self.mean_s
        return ServiceTime(
            mean_x=self.mean_x + weight * dx,
            mean_s=self.mean_s + weight * ds,
            variance=(1.0 - weight) * (self.variance + weight * dx * dx),
            covariance=(1.0 - weight) * (self.covariance + weight * dx * ds),
        )
