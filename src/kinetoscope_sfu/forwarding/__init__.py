"""Who sends what, and who receives it: packets in, packets out, without sockets and clocks."""
