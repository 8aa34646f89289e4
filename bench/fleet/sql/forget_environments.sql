DELETE FROM invocations WHERE environment IN {environments:Array(UInt64)}
