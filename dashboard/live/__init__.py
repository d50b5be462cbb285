"""The live data path to browsers: hub, WebSocket, recording endpoint."""
