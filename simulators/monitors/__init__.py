"""The other direction of each protocol: requests in, the bytes a real monitor would send out."""
