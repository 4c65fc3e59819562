"""Mail that comes in: kept first, judged afterwards."""
