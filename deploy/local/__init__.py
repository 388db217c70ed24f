"""Servers of one machine: PostgreSQL and NATS below a folder, started, watched and stopped, installed nowhere."""
