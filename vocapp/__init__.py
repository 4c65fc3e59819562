"""The product: the only package that knows both the survey engine and the outside world."""
