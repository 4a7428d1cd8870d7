"""公示栏与个人查询: the public face. Reads through queries only, writes nothing but the trail."""
