"""A client for rooms that speak the contract over HTTPS: real devices and our own."""
