INSERT INTO migrations (name) SELECT {name:String}
