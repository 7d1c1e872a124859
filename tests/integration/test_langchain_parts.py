"""The search and the model in chains that anybody can build with LangChain."""

import math
from datetime import date

from langchain_core.language_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore

from knowledge_base.langchain_parts import PassageEmbeddings, PassageRetriever


async def test_a_plain_chain_runs_over_our_retriever(house):
    retriever = PassageRetriever(library=house.library, today=lambda: date(2026, 11, 20), limit=3)
    prompt = ChatPromptTemplate.from_messages([("system", "Answer only from:\n{context}"), ("human", "{question}")])
    seen = []

    def join(documents):
        seen.extend(documents)
        return "\n".join(f"{document.metadata['title']}: {document.page_content}" for document in documents)

    model = FakeListChatModel(responses=["全票40元。"])
    chain = {"context": retriever | join, "question": RunnablePassthrough()} | prompt | model | StrOutputParser()
    assert await chain.ainvoke("旗津渡輪票價多少？") == "全票40元。"
    assert any("40元" in document.page_content for document in seen)
    assert seen[0].metadata["url"].startswith("https://")
    assert chain.invoke("How much is the Cijin ferry?") == "全票40元。"


def test_our_model_serves_any_vector_store_of_langchain(house):
    embeddings = PassageEmbeddings(house.library.embeddings)
    assert math.isclose(sum(value**2 for value in embeddings.embed_query("渡輪票價")), 1.0, abs_tol=1e-5)
    store = InMemoryVectorStore.from_texts(
        ["旗津渡輪全票四十元", "愛河燈會正月舉行", "YouBike 前三十分鐘免費"], embeddings
    )
    assert store.similarity_search("渡輪要多少錢", k=1)[0].page_content == "旗津渡輪全票四十元"
