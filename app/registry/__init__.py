"""学校、学籍、卡、资助标准、停发: the facts that several rooms need."""
