<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="text"/><xsl:param name="label"/>
<xsl:template match="/"><xsl:value-of select="$label"/>: <xsl:for-each select="//i"><xsl:value-of select="."/>;</xsl:for-each></xsl:template>
</xsl:stylesheet>
