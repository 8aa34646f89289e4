"""Can Sqreen's agent be imported and started?"""

import sqreen

sqreen.start()
