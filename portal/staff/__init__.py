"""The people of the portal: who they are, how they sign in, what their role allows."""
