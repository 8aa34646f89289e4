DELETE FROM findings WHERE environment IN {environments:Array(UInt64)}
