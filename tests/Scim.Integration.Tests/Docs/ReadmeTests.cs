using FluentAssertions;
using NUnit.Framework;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.TestKit;

namespace Scim.Integration.Tests.Docs;

/// <summary>What the documentation copies from the code. <c>SCIM_APPROVE=1</c> rewrites the copy.</summary>
internal sealed class ReadmeTests
{
    private const string Begin = "<!-- configuration -->\n";
    private const string End = "<!-- /configuration -->";

    private static readonly string Readme = Path.Combine(Repository.Root, "README.md");

    [Test]
    public async Task The_configuration_table_is_the_one_of_the_options()
    {
        var text = await File.ReadAllTextAsync(Readme);
        var begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf(End, StringComparison.Ordinal);
        var current = text[..begin] + OptionsCatalogue.ToMarkdown() + text[end..];

        if (Environment.GetEnvironmentVariable("SCIM_APPROVE") == "1")
        {
            await File.WriteAllTextAsync(Readme, current);
            return;
        }

        text.Should().Be(current, "SCIM_APPROVE=1 rewrites the table");
    }

    [Test]
    public void Links_between_the_documents_lead_somewhere()
    {
        var documents = Directory
            .GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Repository.Root, "*.md"));

        var broken =
            from document in documents
            from System.Text.RegularExpressions.Match link in System.Text.RegularExpressions.Regex.Matches(
                File.ReadAllText(document),
                @"\]\((?!https?:|#)([^)#\s]+)"
            )
            let target = Path.Combine(Path.GetDirectoryName(document)!, link.Groups[1].Value)
            where !File.Exists(target) && !Directory.Exists(target)
            select $"{Path.GetFileName(document)}: {link.Groups[1].Value}";

        broken.Should().BeEmpty();
    }
}
