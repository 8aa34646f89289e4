"""Judges of texts that are about to be executed: what of their structure did the event choose?"""
