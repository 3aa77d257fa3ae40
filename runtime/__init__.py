"""Process images, the scan, and the service around it."""
