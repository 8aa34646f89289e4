"""Detections: SQL rules over the fleet's lines, run by a timer, whose conclusions are kept once each."""
