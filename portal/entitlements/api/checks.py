"""May this user use this feature?"""
