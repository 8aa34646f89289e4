"""Every road in, and the promise that an acknowledged batch is never lost and never counted twice."""
