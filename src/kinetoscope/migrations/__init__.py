"""The schema, one numbered SQL file for each step: 0001_kernel.sql and so on."""
