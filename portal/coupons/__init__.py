"""Coupons: who may get which discount, how often, and what it takes off."""
