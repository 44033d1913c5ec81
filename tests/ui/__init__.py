"""The browser's tests, a package: its fixtures end with it, before other tests need an event loop of their own."""
