"""Avatars: body model, measuring, fitting, posing and motion."""
