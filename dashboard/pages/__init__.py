"""One file a page: a layout and thin asynchronous callbacks."""
