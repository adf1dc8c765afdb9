"""Fakes of services that are not ours, for the tests of whoever builds on this platform. They do no media."""
