"""Device adapters: bytes from bedside monitors in, readings out. Only `devices.link` touches a port."""
