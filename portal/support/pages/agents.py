"""Agents and teams."""
