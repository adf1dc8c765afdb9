"""What packets are read from."""

Bytes = bytes | bytearray | memoryview
